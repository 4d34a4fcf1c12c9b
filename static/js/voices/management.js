// Voice management: pictures of voices, players of the library's samples.
import { sounds } from "../lib/sound.js";
import "./favourites.js";
import { voiceprints } from "./voiceprint.js";

voiceprints();
sounds();
