namespace SmartCity.Lake;

/// <summary>The owner of the database, where a command of its own asks the lake.</summary>
public sealed record OwnerAtTheDoor(string Role);
