"""Where alerts, patrols, cameras and grants are kept."""
