using System.Buffers.Binary;

namespace SmartCity.Lake.Relay;

/// <summary>Reads messages of the Postgres protocol; each is there until the next one is read.</summary>
internal sealed class MessageReader(Stream stream)
{
    // No longer one need be known as a whole: longer ones are rows, COPY data and texts that are passed on.
    private const int MostKept = 1024 * 1024;
    private const int FirstBuffer = 32 * 1024;
    private const int MostStartup = 10_000;

    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;

    /// <summary>Whether a whole message is there without waiting.</summary>
    public bool HasMore => _end - _start >= Message.HeadBytes && Length() is var length && length >= 0 && _end - _start >= length;

    /// <summary>The next message; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">What comes is no message.</exception>
    public async ValueTask<Message?> NextAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(Message.HeadBytes, cancellationToken))
        {
            return null;
        }

        var length = Length();
        if (length < Message.HeadBytes)
        {
            throw new InvalidDataException("What the other side sends is not Postgres' protocol.");
        }

        var kept = Math.Min(length, MostKept);
        if (!await FillAsync(kept, cancellationToken))
        {
            return null;
        }

        var message = new Message(_buffer.AsMemory(_start, kept), length - kept);
        _start += kept;
        return message;
    }

    /// <summary>Passes on what of a message was too long to be kept.</summary>
    public async Task CopyAsync(int missing, Stream to, CancellationToken cancellationToken)
    {
        while (missing > 0)
        {
            if (_start == _end && !await FillAsync(1, cancellationToken))
            {
                return;
            }

            var count = Math.Min(missing, _end - _start);
            await to.WriteAsync(_buffer.AsMemory(_start, count), cancellationToken);
            _start += count;
            missing -= count;
        }
    }

    /// <summary>The first packet, which has no type: length and body. Null at the end of the stream.</summary>
    public async Task<byte[]?> StartupAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(sizeof(int), cancellationToken))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length is < 2 * sizeof(int) or > MostStartup)
        {
            throw new InvalidDataException("What the other side sends is not Postgres' protocol.");
        }

        if (!await FillAsync(length, cancellationToken))
        {
            return null;
        }

        var packet = _buffer.AsSpan(_start, length).ToArray();
        _start += length;
        return packet;
    }

    private int Length() => BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1)) + 1;

    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_buffer.Length < count)
            {
                Array.Resize(ref _buffer, Math.Max(count, _buffer.Length * 2));
            }

            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
