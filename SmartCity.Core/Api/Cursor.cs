using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace SmartCity.Core.Api;

/// <summary>
/// Where a page of a list ends that is ordered by time and id, newest first. On the wire it is an opaque text;
/// as a query parameter of an endpoint it is read by <see cref="TryParse"/>, and anything else is a 400.
/// </summary>
public readonly record struct Cursor(DateTimeOffset At, Guid Id) : IParsable<Cursor>
{
    private const int Bytes = 24;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, At.UtcTicks);
        Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    public static Cursor Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var cursor) ? cursor : throw new FormatException("This is not a value of 'next' from this list.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Cursor result)
    {
        Span<byte> bytes = stackalloc byte[Bytes + 3];
        result = default;
        if (s is null || s.Length != 32 || !Base64Url.TryDecodeFromChars(s, bytes, out var written) || written != Bytes)
        {
            return false;
        }

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks)
        {
            return false;
        }

        result = new Cursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes.Slice(8, 16), bigEndian: true));
        return true;
    }
}
