namespace SmartCity.Web.Core;

/// <summary>
/// Addresses of pages that are about one vehicle. The plate stands after the #, the part of an address that browsers keep to themselves, so that
/// no log of a proxy or a server ever has it.
/// </summary>
public static class PlateAddress
{
    private const string Name = "plate=";

    /// <param name="address">The page's address without a plate.</param>
    /// <param name="plate">Null or empty leaves the address as it is.</param>
    public static string Of(string address, string? plate) => string.IsNullOrWhiteSpace(plate) ? address : $"{address}#{Name}{Uri.EscapeDataString(plate.Trim())}";

    /// <summary>The plate that an address is about; null if none.</summary>
    public static string? In(string address) =>
        address.IndexOf('#', StringComparison.Ordinal) is >= 0 and var at && address.AsSpan(at + 1).StartsWith(Name, StringComparison.Ordinal) && at + 1 + Name.Length < address.Length
            ? Uri.UnescapeDataString(address[(at + 1 + Name.Length)..])
            : null;
}

/// <summary>How often the browser has gone somewhere: by this a page tells a move from another change.</summary>
public sealed record PageMoves(int Count)
{
    public static PageMoves None { get; } = new(0);
}
