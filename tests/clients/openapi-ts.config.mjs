export default { input: "openapi.json", logs: { file: false }, output: { path: "sdk", importFileExtension: ".js" } };
