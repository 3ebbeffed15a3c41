using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using OpenCvSharp;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// A stream of JPEG pictures in multipart form, as network cameras send it, which is not always as RFC 2046 has it: the first boundary may be missing,
/// a boundary may have other dashes than the header says or be another altogether, lines may end in LF alone, a Content-Length may be missing or wrong.
/// A picture ends where its own end mark is; where it has none, at the next boundary or after its Content-Length.
/// </summary>
/// <param name="shown">The stream's address, without its password.</param>
/// <param name="boundary">As the header gives it; empty when it gives none.</param>
/// <param name="bad">Told why a frame cannot be used.</param>
internal sealed class MotionJpeg(string cameraId, string shown, Stream stream, string boundary, long mostPixels, TimeProvider time, ILogger logger, Action<string>? bad = null)
{
    private const int MostBytes = 20_000_000;
    private const int MostBadInARow = 25;
    private const int LongestLine = 8_192;
    private const byte LineFeed = (byte)'\n';

    private byte[] _bytes = new byte[1 << 16];
    private int _from;
    private int _to;
    private bool _ended;
    private byte[] _boundary = Encoding.Latin1.GetBytes(boundary.Trim().Trim('-'));
    private bool _begun;

    private ReadOnlySpan<byte> Unread => _bytes.AsSpan(_from, _to - _from);

    /// <summary>The next picture, BGR. The caller disposes it. Single damaged ones are left out.</summary>
    /// <exception cref="CameraLostException">The stream ended, broke, went silent or holds no pictures.</exception>
    public async Task<Mat> NextAsync(CancellationToken cancellationToken)
    {
        for (var failed = 1; ; failed++)
        {
            var content = await WithinAsync(PartAsync, cancellationToken);
            try
            {
                return Pictures.Decode(content, mostPixels);
            }
            catch (InvalidDataException e)
            {
                bad?.Invoke(e.Message);
                if (failed == MostBadInARow)
                {
                    throw new CameraLostException($"Camera {cameraId}: {shown} sends no pictures: {e.Message}", e);
                }

                logger.LogWarning("Camera {Camera}: a frame cannot be used and is left out: {Error}", cameraId, e.Message);
            }
        }
    }

    private async Task<byte[]> WithinAsync(Func<CancellationToken, Task<byte[]>> read, CancellationToken cancellationToken)
    {
        using var silence = new CameraSilence(time, cancellationToken);
        try
        {
            return await read(silence.Token);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} broke off: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CameraLostException(CameraSilence.Says(cameraId, shown), e);
        }
    }

    private async Task<byte[]> PartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = await HeadAsync(cancellationToken);
            var content = await BodyAsync(length, cancellationToken);
            if (content.AsSpan().ContainsAnyExcept("\r\n"u8))
            {
                return content;
            }
        }
    }

    // Up to the first byte of a body, and its Content-Length. What is neither a boundary nor a header is left out.
    private async Task<int?> HeadAsync(CancellationToken cancellationToken)
    {
        int? length = null;
        var (headers, expected) = (false, !_begun);
        while (true)
        {
            while (_to - _from < 3 && await MoreAsync(cancellationToken))
            {
            }

            if (Unread.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            {
                _begun = true;
                return length;
            }

            var line = await LineAsync(cancellationToken);
            if (IsBoundary(line))
            {
                (length, headers, expected, _begun) = (null, false, true, true);
            }
            else if (line.Length == 0)
            {
                if (headers)
                {
                    _begun = true;
                    return length;
                }
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                headers |= expected || line.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);
                if (line.AsSpan(0, colon).Trim().Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && int.TryParse(line.AsSpan(colon + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var said) && said > 0)
                {
                    length = said;
                }
            }
        }
    }

    // The stream's own first boundary counts, whatever the header said.
    private bool IsBoundary(string line)
    {
        var text = line.Trim().Trim('-');
        if ((!_begun || _boundary.Length == 0) && text.Length > 0 && line.StartsWith("--", StringComparison.Ordinal))
        {
            _boundary = Encoding.Latin1.GetBytes(text);
        }

        return text.Length > 0 && text == Encoding.Latin1.GetString(_boundary);
    }

    private async Task<byte[]> BodyAsync(int? length, CancellationToken cancellationToken)
    {
        var outline = new JpegOutline();
        for (var searched = 0; ;)
        {
            if (outline.Look(Unread) || Boundary(searched) >= 0)
            {
                var boundary = Boundary(0);
                return Take(boundary >= 0 && (outline.End < 0 || boundary < outline.End) ? boundary : outline.End);
            }

            if (length is { } said && ((_ended && Unread.Length == said) || (Unread.Length > said && EndsAt(said))))
            {
                return Take(said);
            }

            searched = Math.Max(0, _to - _from - _boundary.Length - 8);
            if (_to - _from > MostBytes)
            {
                throw new InvalidDataException($"A frame has more than {MostBytes} bytes.");
            }

            if (!await MoreAsync(cancellationToken))
            {
                throw new IOException("It ended within a frame.");
            }
        }
    }

    // Whether a frame of this length is followed by another one's head.
    private bool EndsAt(int length)
    {
        var rest = Unread[length..].TrimStart("\r\n"u8);
        return rest.StartsWith("--"u8) || (_boundary.Length > 0 && rest.StartsWith(_boundary)) || (_boundary.Length == 0 && rest.StartsWith("Content-"u8));
    }

    // Where a body ends because a line with the boundary follows; −1 when none has come.
    private int Boundary(int from)
    {
        if (_boundary.Length == 0)
        {
            return -1;
        }

        var unread = Unread;
        for (var at = from; unread[at..].IndexOf(_boundary) is >= 0 and var found; at += found + 1)
        {
            var start = at + found;
            while (start > 0 && unread[start - 1] == (byte)'-')
            {
                start--;
            }

            var end = at + found + _boundary.Length;
            if ((start == 0 || unread[start - 1] == LineFeed) && (end == unread.Length || unread[end] is (byte)'\r' or LineFeed or (byte)'-' or (byte)' '))
            {
                start = start > 0 ? start - 1 : 0;
                return start > 0 && unread[start - 1] == (byte)'\r' ? start - 1 : start;
            }
        }

        return -1;
    }

    private byte[] Take(int length)
    {
        var content = Unread[..length].ToArray();
        _from += length;
        return content;
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        for (var searched = 0; ;)
        {
            var end = Unread[searched..].IndexOf(LineFeed);
            if (end >= 0 || _to - _from > LongestLine)
            {
                var length = end < 0 ? _to - _from : searched + end + 1;
                var line = Encoding.Latin1.GetString(Unread[..length]).TrimEnd('\r', '\n');
                _from += length;
                return line;
            }

            searched = _to - _from;
            if (!await MoreAsync(cancellationToken))
            {
                throw new IOException("It sends no more frames.");
            }
        }
    }

    private async Task<bool> MoreAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return false;
        }

        if (_from > 0)
        {
            Unread.CopyTo(_bytes);
            (_from, _to) = (0, _to - _from);
        }

        if (_to == _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        var read = await stream.ReadAsync(_bytes.AsMemory(_to), cancellationToken);
        _to += read;
        _ended = read == 0;
        return !_ended;
    }
}
