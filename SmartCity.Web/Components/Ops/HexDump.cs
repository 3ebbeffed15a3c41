using System.Globalization;
using System.Text;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Ops;

/// <summary>Bytes for people: as text, and as lines of offset, hexadecimal and printable characters.</summary>
public static class HexDump
{
    private const int Width = 16;

    /// <summary>Bytes that a page shows; the rest is counted.</summary>
    public const int Most = 4096;

    /// <summary>The first <see cref="Most"/> bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var shown = bytes[..Math.Min(Most, bytes.Length)];
        var text = new StringBuilder();
        for (var at = 0; at < shown.Length; at += Width)
        {
            var line = shown.Slice(at, Math.Min(Width, shown.Length - at));
            text.Append(CultureInfo.InvariantCulture, $"{at:x6}  ");
            for (var i = 0; i < Width; i++)
            {
                text.Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(i == Width / 2 - 1 ? "  " : " ");
            }

            text.Append(' ');
            foreach (var b in line)
            {
                text.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
            }

            text.Append('\n');
        }

        return bytes.Length > Most ? text.Append(Say("… {0} more bytes", bytes.Length - Most)).ToString() : text.ToString().TrimEnd('\n');
    }

    /// <summary>The bytes as UTF-8; what is none, and control characters other than line ends and tabs, as �.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(Most, bytes.Length)]);
        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '\uFFFD' : from[i];
            }
        });
    }
}
