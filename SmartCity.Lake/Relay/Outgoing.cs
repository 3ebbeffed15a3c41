using SmartCity.Lake.Foreign;

namespace SmartCity.Lake.Relay;

/// <summary>
/// The rows of an answer on their way to a client. One that does not read must not keep a statement's place in the lake: what it does not take in time waits on disk until the statement is done.
/// </summary>
/// <param name="send">Ends when the client has taken what it gets.</param>
internal sealed class Outgoing(Func<ReadOnlyMemory<byte>, Task> send, FetchedRows aside) : IAsyncDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private Task _sent = Task.CompletedTask;
    private FileStream? _file;
    private long _bytes;

    /// <exception cref="LakeLimitException">Too much waits on disk.</exception>
    /// <exception cref="IOException">The client has gone.</exception>
    public void Add(ReadOnlyMemory<byte> rows)
    {
        if (_file is null && IsTaken())
        {
            _sent = send(rows.ToArray());
            return;
        }

        aside.Take(rows.Length);
        _bytes += rows.Length;
        (_file ??= aside.Open()).Write(rows.Span);
    }

    private bool IsTaken()
    {
        try
        {
            _sent.WaitAsync(Patience).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Sends what has waited, and ends when the client has taken all of it.</summary>
    public async Task FinishAsync()
    {
        await _sent;
        if (_file is null)
        {
            return;
        }

        _file.Position = 0;
        var chunk = new byte[ChunkBytes];
        while (await _file.ReadAsync(chunk) is var read and > 0)
        {
            await send(chunk.AsMemory(0, read));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
            aside.Return(_bytes);
        }
    }
}
