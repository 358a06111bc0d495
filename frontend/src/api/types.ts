/** Short names for the contract's shapes. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Bot = Schemas["BotView"];
export type Order = Schemas["OrderView"];
export type Fill = Schemas["FillView"];
export type EventLine = Schemas["EventView"];
export type EquityPoint = Schemas["EquityPoint"];
export type Account = Schemas["AccountView"];
export type Balance = Schemas["BalanceView"];
export type Market = Schemas["MarketItem"];
export type Strategy = Schemas["StrategyItem"];
export type CandlePage = Schemas["CandlePage"];
export type Backtest = Schemas["BacktestView"];
export type BacktestFill = Schemas["BacktestFill"];
export type BacktestCreate = Schemas["BacktestCreate"];
export type JobUpdate = Schemas["JobUpdate"];
export type BotFrom = Schemas["BotFrom"];
export type RunView = Schemas["RunView"];
export type Guard = Schemas["Guard"];
export type GuardState = Schemas["GuardState"];
export type PanicMode = Schemas["PanicBody"]["mode"];
export type Webhook = Schemas["WebhookView"];
export type WebhookCreate = Schemas["WebhookCreate"];
export type Hit = Schemas["HitView"];
export type PreviewAnswer = Schemas["PreviewAnswer"];
export type BotPlan = Schemas["BotPlan"];
export type Pnl = Schemas["Pnl"];
export type StrategyName = Bot["strategy"];
export type CloseMode = NonNullable<Schemas["StopBody"]["close_mode"]>;
