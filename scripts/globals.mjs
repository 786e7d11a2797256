/** The Node globals that the project's scripts use. */
export default Object.fromEntries(
  ["process", "console", "Buffer", "URL", "performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "structuredClone"].map((name) => [name, "readonly"]),
);
