import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const floats = [
  { selector: "CallExpression[callee.name='parseFloat']", message: "Money is a string; only charts and src/lib turn it into pixels." },
  { selector: "CallExpression[callee.name='Number']", message: "Money is a string; only charts and src/lib turn it into pixels." },
  { selector: "MemberExpression[object.name='Number'][property.name='parseFloat']", message: "Money is a string." },
];

export default tseslint.config(
  { ignores: [".next/**", "out/**", "node_modules/**", "next-env.d.ts", "src/api/schema.d.ts", "tests/**/artefacts/**"] },
  ...tseslint.configs.recommended,
  a11y.flatConfigs.recommended,
  hooks.configs.flat.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    rules: {
      "no-restricted-syntax": ["error", ...floats],
      "@typescript-eslint/consistent-type-imports": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    files: ["src/**/*.{ts,tsx}", "tests/**/*.{ts,tsx}"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ group: ["next", "next/*"], message: "Only app/ may import Next; use src/lib/nav." }] }],
    },
  },
  { files: ["src/charts/**", "src/lib/**", "tests/**"], rules: { "no-restricted-syntax": "off" } },
);
