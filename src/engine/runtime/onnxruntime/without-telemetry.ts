/*
 * Since 1.29 onnxruntime's binaries report to their maker: on Linux and macOS over the network, unless this variable is set before
 * they are loaded. Nothing leaves the machine here.
 */
process.env["ORT_DISABLE_TELEMETRY"] = "1";

export {};
