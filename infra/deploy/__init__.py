"""Steps of a deployment beside the templates: secrets, database, package. Run by azd's hooks and the pipelines."""
