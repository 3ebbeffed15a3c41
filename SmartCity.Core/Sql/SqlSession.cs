using System.Data;
using Npgsql;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Sql;

/// <summary>A statement that runs, and its rows as they come.</summary>
internal sealed class SqlSession(NpgsqlConnection connection, string sql, bool seesPlates) : IAsyncDisposable
{
    private const string RelayedBegins = "This statement does not run whole in the lake";

    private NpgsqlCommand? _command;
    private NpgsqlDataReader? _reader;
    private string? _notice;
    private bool _isOver;
    private char[] _buffer = [];

    public bool SeesPlates => seesPlates;

    public IReadOnlyList<SqlColumn> Columns { get; private set; } = [];

    public string Where => SqlPlace.Of(sql, _notice);

    /// <summary>Why it did not run whole in the lake, as SmartCity.Lake says it; null if it says nothing, or if no table of the lake is named.</summary>
    public string? Why => Where == SqlPlace.Both ? _notice : null;

    /// <exception cref="PostgresException">The statement is refused.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        connection.Notice += (_, e) => _notice = e.Notice.MessageText.StartsWith(RelayedBegins, StringComparison.Ordinal) ? SqlFailedException.Cut(e.Notice.MessageText) : _notice;

        // Postgres itself says whether this is one statement, and whether it is a good one; nothing runs yet.
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(sql) } })
        await using (await batch.ExecuteReaderAsync(CommandBehavior.SchemaOnly, cancellationToken))
        {
        }

        _command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        _reader = await _command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        Columns = [.. Enumerable.Range(0, _reader.FieldCount).Select(i => new SqlColumn(_reader.GetName(i), _reader.GetDataTypeName(i)))];
    }

    /// <summary>The next row as Postgres writes it; null at the end.</summary>
    /// <param name="mostCharacters">Of one value; what is longer ends with an ellipsis.</param>
    public async Task<(string?[] Values, bool IsCut)?> NextAsync(int mostCharacters, CancellationToken cancellationToken)
    {
        if (Columns.Count == 0 || !await _reader!.ReadAsync(cancellationToken))
        {
            _isOver = true;
            return null;
        }

        var values = new string?[Columns.Count];
        var isCut = false;
        for (var i = 0; i < values.Length; i++)
        {
            if (!await _reader.IsDBNullAsync(i, cancellationToken))
            {
                (values[i], var cut) = await TextAsync(i, mostCharacters, cancellationToken);
                isCut |= cut;
            }
        }

        return (values, isCut);
    }

    public async ValueTask DisposeAsync()
    {
        // What was not read is not waited for.
        if (!_isOver)
        {
            _command?.Cancel();
        }

        try
        {
            if (_reader is not null)
            {
                await _reader.DisposeAsync();
            }
        }
        catch (NpgsqlException)
        {
            // It was cancelled in the middle of its rows, or had failed before.
        }

        if (_command is not null)
        {
            await _command.DisposeAsync();
        }

        await connection.DisposeAsync();
    }

    private async Task<(string Text, bool IsCut)> TextAsync(int column, int most, CancellationToken cancellationToken)
    {
        if (_buffer.Length < most + 1)
        {
            _buffer = new char[most + 1];
        }

        using var reader = await _reader!.GetTextReaderAsync(column, cancellationToken);
        var read = await reader.ReadBlockAsync(_buffer.AsMemory(0, most + 1), cancellationToken);
        return read > most ? (new string(_buffer, 0, most) + "…", true) : (new string(_buffer, 0, read), false);
    }
}
