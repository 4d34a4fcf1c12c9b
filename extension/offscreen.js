// The document that nobody sees, in which a tab's sound is captured and the dub is played.
import { Dub } from "./dub.js";
import { problem } from "./problems.js";

const OFTEN = 150; // milliseconds between two pictures of the state for the popup

const ports = new Set();
let dub = null;
let timer = 0;

const tell = (news) => chrome.runtime.sendMessage({ to: "worker", ...news });

function changed({ phase }) {
  if (phase !== changed.phase) tell({ do: "phase", phase });
  changed.phase = phase;
  timer ||= setTimeout(show, OFTEN);
}

function show() {
  timer = 0;
  for (const port of ports) port.postMessage(dub.state);
}

const DO = {
  async begin({ capture, tab, site, key, manner }) {
    const audible = () => tell({ do: "audible", tab });
    const over = (why) => tell({ do: "over", tab, why });
    try {
      dub = await Dub.begin(capture, { site, key, manner, changed, over, audible });
    } catch (error) {
      console.warn(error);
      return { problem: problem("no_capture") };
    }
    return {};
  },
  async end() {
    await dub?.end();
    return {};
  },
  async change({ manner }) {
    dub?.change(manner);
    return {};
  },
  async muted({ muted }) {
    if (dub) dub.tabMuted = muted;
    return {};
  },
  async state() {
    return dub?.state ?? null;
  },
};

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (message.to !== "offscreen" || sender.id !== chrome.runtime.id) return false;
  DO[message.do](message).then(reply);
  return true;
});

chrome.runtime.onConnect.addListener((port) => {
  ports.add(port);
  port.onDisconnect.addListener(() => ports.delete(port));
  if (dub) port.postMessage(dub.state);
});
