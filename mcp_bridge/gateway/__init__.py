"""The gateway: the one door from runs on this machine to the cluster's API. It has the credentials, runs have not."""
