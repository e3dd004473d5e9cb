export const state = {
  "state.new": "New",
  "state.acknowledged": "Acknowledged",
  "state.dispatched": "Offered",
  "state.accepted": "Accepted",
  "state.en_route": "En route",
  "state.on_scene": "On scene",
  "state.declined": "Declined",
  "state.timed_out": "No answer",
  "state.escalated": "Needs an operator",
  "state.closed": "Closed",
} as const;
