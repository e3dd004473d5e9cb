"""`/v1/endpoints`: where the city's systems and the phones of units are told of alerts."""
