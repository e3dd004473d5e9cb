/** Short synthesised tones that tell by ear what happened. No files, nothing to load. */

import { sound } from "./sound.svelte";

export type Tone = "offer" | "alert" | "escalation";

interface Beep {
  /** Seconds after the tone's start, and how long. */
  at: number;
  for: number;
  hz: number;
}

const TONES: Readonly<Record<Tone, { beeps: readonly Beep[]; wave: OscillatorType; gain: number; everyMs: number }>> = {
  // Two rising pairs: somebody is being asked.
  offer: {
    beeps: [
      { at: 0, for: 0.14, hz: 784 }, { at: 0.16, for: 0.2, hz: 1175 },
      { at: 0.46, for: 0.14, hz: 784 }, { at: 0.62, for: 0.24, hz: 1175 },
    ],
    wave: "triangle", gain: 0.5, everyMs: 1800,
  },
  // One soft falling pair: something new, no hurry.
  alert: {
    beeps: [{ at: 0, for: 0.12, hz: 880 }, { at: 0.14, for: 0.22, hz: 659 }],
    wave: "sine", gain: 0.35, everyMs: 4000,
  },
  // Three hard low strokes: nobody is left to send.
  escalation: {
    beeps: [{ at: 0, for: 0.18, hz: 523 }, { at: 0.26, for: 0.18, hz: 523 }, { at: 0.52, for: 0.34, hz: 392 }],
    wave: "square", gain: 0.25, everyMs: 2500,
  },
};

let context: AudioContext | null = null;

/** Take the first gesture as leave to sound. Call once when the page starts. */
export function unlockAtFirstGesture(): void {
  const events = ["pointerdown", "keydown", "touchend"] as const;
  const unlock = (): void => {
    context ??= new AudioContext();
    void context.resume().then(() => {
      sound.unlocked = context?.state === "running";
      if (sound.unlocked) for (const event of events) removeEventListener(event, unlock, true);
    });
  };
  for (const event of events) addEventListener(event, unlock, true);
}

/** Sound a tone once; silent while muted or locked. */
export function play(tone: Tone): void {
  if (sound.muted || context === null || context.state !== "running") return;
  const { beeps, wave, gain } = TONES[tone];
  for (const beep of beeps) strike(context, beep, wave, gain);
}

/** Sound it again and again, and vibrate where the device can, until the result is called. */
export function ring(tone: Tone): () => void {
  const once = (): void => {
    play(tone);
    if (!sound.muted) vibrate([220, 120, 220, 120, 400]);
  };
  once();
  const timer = setInterval(once, TONES[tone].everyMs);
  return () => {
    clearInterval(timer);
    vibrate(0);
  };
}

function strike(audio: AudioContext, beep: Beep, wave: OscillatorType, loudness: number): void {
  const oscillator = audio.createOscillator();
  const envelope = audio.createGain();
  const start = audio.currentTime + beep.at;
  const end = start + beep.for;
  oscillator.type = wave;
  oscillator.frequency.value = beep.hz;
  // A ramp at both ends: a hard edge clicks.
  envelope.gain.setValueAtTime(0, start);
  envelope.gain.linearRampToValueAtTime(loudness, start + 0.012);
  envelope.gain.setValueAtTime(loudness, end - 0.04);
  envelope.gain.linearRampToValueAtTime(0, end);
  oscillator.connect(envelope).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(end);
}

function vibrate(pattern: number | number[]): void {
  // Chromium refuses before the first gesture, and says so in the console.
  if ("vibrate" in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(pattern);
}
