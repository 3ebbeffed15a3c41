using System.Buffers.Binary;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Foreign;

/// <summary>
/// The rows of a statement, which Postgres fetches in parts. They are worked out at once and put aside, on disk if they are many: a cursor that waits for Postgres must not
/// keep a place in the lake that another cursor of the same statement waits for.
/// </summary>
internal sealed class ForeignCursor(ForeignStatement statement, FetchedRows fetched) : IAsyncDisposable
{
    private const int MostInMemory = 1024 * 1024;

    private Stream? _rows;
    private long _aside;

    public ForeignStatement Statement => statement;

    /// <param name="rows">As messages of the protocol, at most so many.</param>
    /// <returns>How many there were.</returns>
    public async Task<long> FetchAsync(ForeignStatements statements, long most, Func<ReadOnlyMemory<byte>, Task> rows, CancellationToken cancellationToken)
    {
        if (_rows is null)
        {
            Stream all = new MemoryStream();
            try
            {
                await statements.RunAsync(statement, row =>
                {
                    if (all is MemoryStream && all.Length + row.Length > MostInMemory)
                    {
                        all = Aside((MemoryStream)all);
                    }

                    if (all is FileStream)
                    {
                        Take(row.Length);
                    }

                    all.Write(row.Written.Span);
                }, cancellationToken);
            }
            catch
            {
                await all.DisposeAsync();
                Return();
                throw;
            }

            all.Position = 0;
            _rows = all;
        }

        var count = 0L;
        var head = new byte[Message.HeadBytes];
        for (; count < most && await _rows.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) == head.Length; count++)
        {
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) + 1];
            head.CopyTo(message, 0);
            await _rows.ReadExactlyAsync(message.AsMemory(head.Length), cancellationToken);
            await rows(message);
        }

        return count;
    }

    /// <summary>Back to the first row.</summary>
    public void Rewind()
    {
        if (_rows is not null)
        {
            _rows.Position = 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_rows is not null)
        {
            await _rows.DisposeAsync();
            Return();
        }
    }

    private void Take(long bytes)
    {
        fetched.Take(bytes);
        _aside += bytes;
    }

    private void Return()
    {
        fetched.Return(_aside);
        _aside = 0;
    }

    private FileStream Aside(MemoryStream rows)
    {
        Take(rows.Length);
        var file = fetched.Open();
        rows.WriteTo(file);
        return file;
    }
}
