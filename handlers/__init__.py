"""The addresses at which Slack reaches Casebell: parse, one service call, answer."""
