"""`/v1/metrics/alarms`: how much was asked of the people who look at alerts."""
