  .fill what 7
