export const signin = {
  "signin.title": "Sign in",
  "signin.tagline": "Public-safety video monitoring",
  "signin.help": "Open the one-time link you were given, or paste the code or token here.",
  "signin.code": "Code or token",
  "signin.submit": "Sign in",
  "signin.busy": "Signing in…",
  "signin.error.unknown": "This code is unknown, expired or already used. Ask for a new one.",
  "signin.error.wait": {
    one: "Too many failed attempts. Try again in {count} second.",
    other: "Too many failed attempts. Try again in {count} seconds.",
  },
  "signin.error.empty": "Paste the code or token first.",
  "signin.wrong_role": "You are signed in as {name}, who has no access to this page.",
} as const;
