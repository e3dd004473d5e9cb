"""`/v1/silences`: what is quiet until when, who said so and why; and shelving of one alert."""
