// Faces: a photo dropped, chosen or taken with the camera, and what was found on it drawn over it.
//
// For any page that has `voices/parts/face_form.html` in a form of its own:
//
//   (with facePicker imported from this module)
//   const picker = facePicker(form, { max_bytes: 26214400 }, (file) => ...);
//   picker.file      the photo that is to be sent as the field `picture`, or null
//   picker.clear()   forget it
//
// The part holds `[data-drop="picture"]`, `[data-camera]` and `.whose` with the radio buttons `whose` (own, other) and
// the field `person_name`, which is shown for "other". The third argument is called with every change of the file.
//
//   draw(root)       draw every `[data-drawing]` below root: a figure with the picture and, in a script of the type
//                    application/json, { size: [w, h], faces: [{ box, landmarks, usable }], outlines, chosen }.
//                    A face that is pressed is told by an event "pick" that bubbles, with its number as the detail.
import { $, $$, el } from "../lib/dom.js";
import { dropzone, fieldError } from "../lib/dropzone.js";

const SVG = "http://www.w3.org/2000/svg";
const JPEG = 0.95;
const WIDEST = 1280;

const shape = (tag, attributes, ...children) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// --- drawing -----------------------------------------------------------------------------------------------------------
function drawn(face, number, { outlines, chosen, faces }) {
  const [left, top, right, bottom] = face.box;
  const at = (point) => face.landmarks[point].join(" ");
  const dot = Math.max(1.6, (right - left) / 64);
  const group = shape("g", { class: `face-marks${number === chosen ? " face-chosen" : ""}${face.usable ? "" : " face-unfit"}` });
  for (const line of outlines) group.append(shape("path", { d: `M${line.map(at).join("L")}Z` }));
  group.append(shape("path", { class: "face-points", "stroke-width": dot, d: face.landmarks.map(([x, y]) => `M${x} ${y}h.01`).join("") }));
  if (faces.length > 1) {
    const side = Math.max(18, (bottom - top) * 0.16);
    const name = shape("text", { x: left + side / 2, y: top - side / 2, "font-size": side * 0.66 }, String(number + 1));
    group.append(shape("rect", { class: "face-box", x: left, y: top, width: right - left, height: bottom - top, rx: side / 4 }));
    group.append(shape("rect", { class: "face-number", x: left, y: top - side, width: side, height: side, rx: side / 5 }), name);
  }
  return group;
}

function drawOne(figure) {
  const found = JSON.parse($("script", figure).textContent);
  $("svg", figure)?.remove();
  const [width, height] = found.size;
  const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const pressable = found.faces.length > 1;
  found.faces.forEach((face, number) => {
    const group = drawn(face, number, found);
    if (pressable) group.addEventListener("click", () => figure.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail: number })));
    picture.append(group);
  });
  figure.classList.toggle("face-pickable", pressable);
  figure.append(picture);
}

/** Draw what was found over every picture below. */
export function draw(root = document) {
  for (const figure of $$("[data-drawing]", root)) drawOne(figure);
}

// --- the camera ----------------------------------------------------------------------------------------------------------
const WHY = {
  NotAllowedError: "The camera was not allowed. Allow it in the browser's address bar and try again, or choose a photo.",
  NotFoundError: "No camera was found. Connect one, or choose a photo.",
  NotReadableError: "Another program is using the camera. Close it and try again.",
};

function camera(root, taken) {
  const box = $("[data-camera-box]", root);
  const open = $("[data-camera-open]", root);
  const video = $("video", box);
  const says = $("[data-camera-says]", box);
  const take = $("[data-camera-take]", box);
  let stream = null;

  function close() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
    box.hidden = true;
    open.hidden = false;
  }

  async function start() {
    box.hidden = false;
    open.hidden = take.disabled = true;
    says.textContent = "Allow the camera when the browser asks.";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: WIDEST } }, audio: false });
    } catch (error) {
      close();
      fieldError("picture", [WHY[error.name] ?? "The camera cannot be used here. Choose a photo."]);
      return;
    }
    video.srcObject = stream;
    await video.play();
    says.textContent = "Look straight into the camera, mouth closed, light from the front.";
    take.disabled = false;
  }

  function snap() {
    const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      close();
      if (blob) taken(new File([blob], "camera.jpg", { type: "image/jpeg" }));
    }, "image/jpeg", JPEG);
  }

  if (!navigator.mediaDevices?.getUserMedia) root.hidden = true;
  open.addEventListener("click", start);
  take.addEventListener("click", snap);
  $("[data-camera-close]", box).addEventListener("click", close);
  addEventListener("pagehide", close);
  return close;
}

// --- choosing ------------------------------------------------------------------------------------------------------------
/** Make the part `voices/parts/face_form.html` in a form live. */
export function facePicker(form, limits, changed = () => {}) {
  const input = $('[data-drop="picture"] input[type=file]', form);
  const zone = dropzone($('[data-drop="picture"]', form), limits, (file, bad = false) => changed(file, bad));
  const stop = camera($("[data-camera]", form), (file) => {
    const held = new DataTransfer();
    held.items.add(file);
    input.files = held.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  const person = $(".whose-person", form);
  const whose = () => { person.hidden = $('input[name="whose"]:checked', form)?.value !== "other"; };
  for (const one of $$('input[name="whose"]', form)) one.addEventListener("change", whose);
  whose();
  return {
    get file() { return zone.file; },
    clear() {
      stop();
      zone.clear();
      whose();
    },
  };
}
