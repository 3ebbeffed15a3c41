using System.Buffers.Binary;

namespace SmartCity.Recognition;

/// <summary>
/// Where a JPEG begins and ends among other bytes, and how large its picture is, found by its markers (ITU-T T.81, annex B) without unpacking anything.
/// Goes on where it stopped when more bytes have come. Not thread-safe.
/// </summary>
internal sealed class JpegOutline
{
    private const int None = -1;
    private int _at;
    private bool _inScan;

    /// <summary>Where it begins; −1 while no JPEG has been found.</summary>
    public int Start { get; private set; } = None;

    /// <summary>The byte after its end mark; −1 while that is missing.</summary>
    public int End { get; private set; } = None;

    /// <summary>Pixels; 0 while they are not known.</summary>
    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Whether its data have restart marks.</summary>
    public bool Restarts { get; private set; }

    /// <summary>The restart mark that comes next, 0 to 7.</summary>
    public int NextRestart { get; private set; }

    public static JpegOutline Of(ReadOnlySpan<byte> content)
    {
        var outline = new JpegOutline();
        outline.Look(content);
        return outline;
    }

    /// <summary>Looks at what has come since the last time.</summary>
    /// <param name="content">All that has come: the same bytes as before with more behind them.</param>
    /// <returns>Whether the end was found.</returns>
    public bool Look(ReadOnlySpan<byte> content)
    {
        while (End < 0 && (Start < 0 ? Begin(content) : Next(content)))
        {
        }

        return End >= 0;
    }

    private bool Begin(ReadOnlySpan<byte> content)
    {
        var found = content[_at..].IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);
        if (found < 0)
        {
            _at = Math.Max(_at, content.Length - 2);
            return false;
        }

        Start = _at + found;
        _at = Start + 2;
        return true;
    }

    // One marker; false when it has not come whole.
    private bool Next(ReadOnlySpan<byte> content)
    {
        var mark = content[_at..].IndexOf((byte)0xFF);
        _at = mark < 0 ? content.Length : _at + mark;
        if (_at + 1 >= content.Length)
        {
            return false;
        }

        var marker = content[_at + 1];
        switch (marker)
        {
            case 0xFF:
                _at++;
                return true;
            case 0x00 or 0x01 or 0xD8:
                _at += 2;
                return true;
            case >= 0xD0 and <= 0xD7:
                NextRestart = (marker - 0xD0 + 1) % 8;
                _at += 2;
                return true;
            case 0xD9:
                // Without any data it is not the end of a picture.
                _at += 2;
                End = _inScan ? _at : None;
                return true;
            default:
                return Segment(content, marker);
        }
    }

    private bool Segment(ReadOnlySpan<byte> content, byte marker)
    {
        if (_at + 4 > content.Length)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(content[(_at + 2)..]);
        if (_at + 2 + length > content.Length)
        {
            return false;
        }

        var body = content.Slice(_at + 2, length);
        if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC) && length >= 7)
        {
            (Height, Width) = (BinaryPrimitives.ReadUInt16BigEndian(body[3..]), BinaryPrimitives.ReadUInt16BigEndian(body[5..]));
        }
        else if (marker == 0xDD && length >= 4)
        {
            Restarts = BinaryPrimitives.ReadUInt16BigEndian(body[2..]) > 0;
        }
        else if (marker == 0xDA)
        {
            (_inScan, NextRestart) = (true, 0);
        }

        _at += 2 + Math.Max(2, (int)length);
        return true;
    }
}
