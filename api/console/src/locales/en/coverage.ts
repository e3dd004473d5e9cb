/** How closely cameras are looked at, and when that is too little. */

export const coverage = {
  "coverage.degraded": "Coverage degraded",
  "coverage.many.overload": {
    one: "{count} camera is looked at less often (the machine is overloaded)",
    other: "{count} cameras are looked at less often (the machine is overloaded)",
  },
  "coverage.many.late": {
    one: "{count} camera is analysed too late (its frames wait too long)",
    other: "{count} cameras are analysed too late (their frames wait too long)",
  },
  "coverage.many.audit": {
    one: "spot checks of {count} camera found missed objects (it is looked at whole now)",
    other: "spot checks of {count} cameras found missed objects (they are looked at whole now)",
  },
  "coverage.many.rule": {
    one: "{count} camera has rules that fail (they are not watched)",
    other: "{count} cameras have rules that fail (they are not watched)",
  },
  "coverage.many.unknown": {
    one: "{count} camera is looked at less closely",
    other: "{count} cameras are looked at less closely",
  },
  "coverage.one.overload": "Looked at less often: machine overloaded",
  "coverage.one.late": "Analysed too late: its frames wait too long",
  "coverage.one.audit": "Spot checks found missed objects: every frame is looked at whole now",
  "coverage.one.rule": "A rule fails and is not watched, all others are",
  "coverage.one.unknown": "Looked at less closely",
  "coverage.show": "Show",
  "look.rate": "Analysed",
  "look.times": { one: "{count} time a second", other: "{count} times a second" },
  "look.wanted": "wanted: {count}",
  "look.at": "Looked at",
  "look.full": "The whole picture",
  "look.regions": "Moving and followed parts",
  "look.nothing": "Nothing moves",
  "look.keys": "key frames only",
  "look.substream": "small stream only",
  "look.whole": "Last whole look",
} as const;
