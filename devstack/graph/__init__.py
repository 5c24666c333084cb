"""Microsoft Graph, as far as a SharePoint reader meets it, over a tree of files on disk.

`python -m devstack.graph --port P --home DIR` serves it; `devstack.graph.app.create_app` is the same in a test.
Where Microsoft's documentation and habit differ, the stand-in does what is harder for its reader:
delta gives no cTag and no path, and deleted entries have no name.
"""
