// Voice management: pictures of voices, players of the library's samples.
import { $ } from "../lib/dom.js";
import { sounds } from "../lib/sound.js";
import "./favourites.js";
import { voiceprints } from "./voiceprint.js";

voiceprints();
sounds();

// On a narrow screen the tabs scroll: the one that is open must be in sight.
$(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
