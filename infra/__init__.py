"""How Nexus gets into Azure: templates, and the steps that templates cannot do. Nothing of the product imports this."""
