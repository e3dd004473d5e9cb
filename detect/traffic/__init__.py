"""What the ways of vehicles and people tell: courses, standing, flow, the ground in metres."""
