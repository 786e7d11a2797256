// The only module that loads onnxruntime-node, since something has to be said before.
import "./without-telemetry";

export { env, InferenceSession, Tensor } from "onnxruntime-node";
