// The microphone: how it is asked for, and what to say where it cannot be had.

/** Without the browser's own treatment. */
export const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** What is wrong, and what to do. */
export const PROBLEMS = {
  denied: ["The microphone is blocked for this site", "Press the sign to the left of the address, allow the microphone, then try again."],
  none: ["There is no microphone", "Plug one in, or switch it on in the system’s sound settings, then try again."],
  busy: ["The microphone is taken", "Another program is using it. End the call or the recording there, then try again."],
  insecure: ["The browser keeps the microphone shut here", "It opens it only on pages reached by https. Open this site that way, or upload a recording."],
  old: ["This browser cannot record", "Use a current Firefox, Chrome, Edge or Safari, or upload a recording."],
};

/** The name of the problem that `getUserMedia` refused for. */
export function problemOf(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  return error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "none" : "busy";
}

/** The name of what stands in the way before anybody was asked; "" for nothing. */
export function obstacle() {
  if (!isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode ? "" : "old";
}

/** Whether it may be opened: granted, denied or prompt. */
export async function permission() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state;
  } catch {
    return "prompt"; // not every browser tells
  }
}
