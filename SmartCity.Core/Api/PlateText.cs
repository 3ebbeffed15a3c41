namespace SmartCity.Core.Api;

/// <summary>A plate as people write it, and as it is kept: in capitals, without the spaces and dashes between. Whether it is a plate is not asked.</summary>
internal static class PlateText
{
    public static string Of(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c is not ('-' or '\u2010' or '\u2011' or '\u2013'))).ToUpperInvariant();

    public static string? OrNull(string? text) => text is null ? null : Of(text);
}
