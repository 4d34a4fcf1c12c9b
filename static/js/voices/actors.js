// Actors: what their voices look like, and a list of voices that can be searched.
import { $$ } from "../lib/dom.js";
import { combobox } from "../lib/combobox.js";
import { voiceprints } from "./voiceprint.js";

voiceprints();
for (const select of $$("select[data-combo]")) combobox(select);
