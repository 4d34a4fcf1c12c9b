// Numbers as people read them.

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) return `${Math.floor(whole / 3600)}:${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
  return `${parts[0]}:${String(parts[1]).padStart(2, "0")}`;
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "about 2 minutes left" */
export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return minutes === 1 ? "about a minute left" : `about ${minutes} minutes left`;
  return `about ${Math.round(seconds / 3600)} hours left`;
}

export const percent = (share) => `${Math.round(100 * (share || 0))} %`;
