"""A stand-in for Azure Static Web Apps: serves an export by the rules of its staticwebapp.config.json."""
