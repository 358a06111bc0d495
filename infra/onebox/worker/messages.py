"""The messages of the Functions worker protocol that `azure_functions_runtime` builds and reads, as plain Python classes.

Field names and defaults are those of FunctionRpc.proto; only what the runtime touches is here. The classes on the path of every
invocation are written out, the rest is made from a table.
"""

from typing import Any

KINDS = ("string", "json", "bytes", "stream", "http", "int", "double", "collection_bytes", "collection_string", "collection_double",
         "collection_sint64", "model_binding_data", "collection_model_binding_data")  # fmt: skip


class TypedData:
    """One value with the name of its kind; no kind means null."""

    __slots__ = ("_kind", "_value")

    def __init__(self, **value: Any) -> None:
        self._kind: str | None = None
        self._value: Any = None
        for kind, content in value.items():
            if kind not in KINDS:
                raise ValueError(f"TypedData has no field {kind}")
            if content is not None:
                self._kind, self._value = kind, content

    def WhichOneof(self, _name: str) -> str | None:  # noqa: N802  (protobuf's name)
        return self._kind

    def __getattr__(self, name: str) -> Any:
        if name == self._kind:
            return self._value
        if name in KINDS:
            return None
        raise AttributeError(name)

    def __reduce__(self) -> Any:
        return _typed_data, (self._kind, self._value)


def _typed_data(kind: str | None, value: Any) -> TypedData:
    return TypedData() if kind is None else TypedData(**{kind: value})


class ParameterBinding:
    """A named value going in or coming out."""

    __slots__ = ("data", "name")
    rpc_shared_memory = None

    def __init__(self, name: str = "", data: TypedData | None = None) -> None:
        self.name, self.data = name, data

    def WhichOneof(self, _name: str) -> str | None:  # noqa: N802
        return "data" if self.data is not None else None


class RpcException:
    __slots__ = ("message", "stack_trace")
    source, type, is_user_exception = "", "", False

    def __init__(self, stack_trace: str = "", message: str = "") -> None:
        self.stack_trace, self.message = stack_trace, message


class StatusResult:
    __slots__ = ("exception", "status")
    Failure, Success, Cancelled = 0, 1, 2

    def __init__(self, status: int = 0, exception: RpcException | None = None) -> None:
        self.status, self.exception = status, exception or RpcException()


class RpcTraceContext:
    __slots__ = ("attributes", "trace_parent", "trace_state")

    def __init__(self, trace_parent: str = "", trace_state: str = "") -> None:
        self.trace_parent, self.trace_state, self.attributes = trace_parent, trace_state, {}


class RetryContext:
    __slots__ = ("exception", "max_retry_count", "retry_count")

    def __init__(self, retry_count: int = 0, max_retry_count: int = 0) -> None:
        self.retry_count, self.max_retry_count, self.exception = retry_count, max_retry_count, RpcException()


class InvocationRequest:
    __slots__ = ("function_id", "input_data", "invocation_id", "retry_context", "trace_context", "trigger_metadata")

    def __init__(
        self, invocation_id: str, function_id: str, input_data: list, trigger_metadata: dict, trace: RpcTraceContext, retry: RetryContext
    ) -> None:
        self.invocation_id, self.function_id, self.input_data = invocation_id, function_id, input_data
        self.trigger_metadata, self.trace_context, self.retry_context = trigger_metadata, trace, retry


class InvocationResponse:
    __slots__ = ("invocation_id", "output_data", "result", "return_value")

    def __init__(self, invocation_id: str = "", return_value: Any = None, result: Any = None, output_data: Any = ()) -> None:
        self.invocation_id, self.return_value, self.result, self.output_data = invocation_id, return_value, result, output_data


def _message(title: str, /, **fields: Any) -> type:
    """A message class from its fields; a type as default is called for a fresh value."""

    def init(self: Any, **given: Any) -> None:
        if unknown := given.keys() - fields.keys():
            raise ValueError(f"{title} has no fields {sorted(unknown)}")
        for field, default in fields.items():
            value = given.get(field)
            setattr(self, field, value if value is not None else default() if callable(default) else default)

    return type(title, (), {"__init__": init})


WorkerMetadata = _message(
    "WorkerMetadata", runtime_name="", runtime_version="", worker_version="", worker_bitness="", custom_properties=dict
)
WorkerInitRequest = _message(
    "WorkerInitRequest", host_version="", capabilities=dict, log_categories=dict, worker_directory="", function_app_directory=""
)
WorkerInitResponse = _message(
    "WorkerInitResponse", worker_version="", capabilities=dict, result=StatusResult, worker_metadata=WorkerMetadata
)
FunctionsMetadataRequest = _message("FunctionsMetadataRequest", function_app_directory="")
BindingInfo = _message("BindingInfo", type="", direction=0, data_type=0, properties=dict)
for _number, _name in enumerate(("in", "out", "inout")):
    setattr(BindingInfo, _name, _number)
for _number, _name in enumerate(("undefined", "string", "binary", "stream")):
    setattr(BindingInfo, _name, _number)
RpcRetryOptions = _message(
    "RpcRetryOptions", max_retry_count=0, delay_interval=None, minimum_interval=None, maximum_interval=None, retry_strategy=0
)
RpcFunctionMetadata = _message(
    "RpcFunctionMetadata", directory="", script_file="", entry_point="", name="", bindings=dict, is_proxy=False, status=StatusResult,
    language="", raw_bindings=list, function_id="", managed_dependency_enabled=False, retry_options=None, properties=dict,
)  # fmt: skip
FunctionMetadataResponse = _message(
    "FunctionMetadataResponse", function_metadata_results=list, result=StatusResult, use_default_metadata_indexing=False
)
FunctionLoadRequest = _message("FunctionLoadRequest", function_id="", metadata=RpcFunctionMetadata, managed_dependency_enabled=False)
FunctionLoadResponse = _message("FunctionLoadResponse", function_id="", result=StatusResult, is_dependency_downloaded=False)
NullableString = _message("NullableString", value=None)
NullableDouble = _message("NullableDouble", value=None)
NullableBool = _message("NullableBool", value=None)
NullableTimestamp = _message("NullableTimestamp", value=None)
RpcHttpCookie = _message(
    "RpcHttpCookie", name="", value="", domain=NullableString, path=NullableString, expires=NullableTimestamp, secure=NullableBool,
    http_only=NullableBool, same_site=0, max_age=NullableDouble,
)  # fmt: skip
RpcHttpCookie.SameSite = type("SameSite", (), {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})
CollectionString = _message("CollectionString", string=list)
CollectionBytes = _message("CollectionBytes", bytes=list)
CollectionDouble = _message("CollectionDouble", double=list)
CollectionSInt64 = _message("CollectionSInt64", sint64=list)
RpcHttp = _message(
    "RpcHttp", method="", url="", headers=dict, body=TypedData, params=dict, status_code="", query=dict, enable_content_negotiation=False,
    rawBody=TypedData, identities=list, cookies=list, nullable_headers=dict, nullable_params=dict, nullable_query=dict,
)  # fmt: skip
