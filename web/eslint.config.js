import { readdirSync } from "node:fs";
import { URL } from "node:url";

import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// Who may import whom: app -> features -> components -> lib, and no feature another one.
const features = readdirSync(new URL("src/features", import.meta.url));
const layer = (files, ...forbidden) => ({
  files: [files],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: [...forbidden, "./*", "../*"],
            message: "app -> features -> components -> lib, no feature another one; import by @/.",
          },
        ],
      },
    ],
  },
});
const layers = [
  layer("src/app/**"),
  layer("src/components/**", "@/app/**", "@/features/**"),
  layer("src/lib/**", "@/app/**", "@/features/**", "@/components/**"),
  ...features.map((name) => {
    const others = features.filter((other) => other !== name).map((other) => `@/features/${other}/**`);
    return layer(`src/features/${name}/**`, "@/app/**", ...others);
  }),
];

export default ts.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  ...layers,
  {
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      // An empty text is mostly none.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "package", package: "@tanstack/router-core", name: "Redirect" }] },
      ],
    },
  },
  { files: ["*.js", "*.ts"], ...ts.configs.disableTypeChecked },
);
