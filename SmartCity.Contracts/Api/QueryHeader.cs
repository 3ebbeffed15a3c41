namespace SmartCity.Contracts.Api;

/// <summary>
/// Every query parameter of the API may be sent as a header instead. What tells of a person belongs there: servers and proxies keep addresses in
/// their logs, and no headers.
/// </summary>
public static class QueryHeader
{
    /// <summary>Stands before the parameter's name; the value is percent-encoded.</summary>
    public const string Prefix = "Query-";

    private static readonly string[] Personal = ["plate", "text", "subject", "reason", "name"];

    /// <summary>Whether values of the parameter may hold a plate, a person's name or a reason.</summary>
    public static bool IsPersonal(string parameter) => Personal.Contains(parameter, StringComparer.OrdinalIgnoreCase);

    /// <summary>The header for a parameter, such as <c>Query-Plate</c>.</summary>
    public static string Of(string parameter) => Prefix + char.ToUpperInvariant(parameter[0]) + parameter[1..];
}
