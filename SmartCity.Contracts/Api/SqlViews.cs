namespace SmartCity.Contracts.Api;

/// <summary>What one may ask by SQL, <c>GET /api/sql</c>.</summary>
/// <param name="Missing">Why no statement can be run, and what to do, in sentences; null if one can.</param>
/// <param name="MaySeePlates">Whether a statement that is run with a reason sees plates and keepers.</param>
/// <param name="MostRows">Rows that an answer holds at most.</param>
/// <param name="Tables">By name; none while something is missing.</param>
public sealed record SqlView(string? Missing, bool MaySeePlates, int MostRows, IReadOnlyList<SqlTable> Tables, IReadOnlyList<SqlExample> Examples);

/// <param name="Name">With its schema, such as <c>city.passages</c>.</param>
/// <param name="IsInLake">Whether it is in the lake; else it is live, in Postgres.</param>
public sealed record SqlTable(string Name, bool IsInLake, IReadOnlyList<SqlColumn> Columns);

/// <param name="Type">As Postgres names it.</param>
/// <param name="NeedsPlates">Whether only those may read it who see plates.</param>
public sealed record SqlColumn(string Name, string Type, bool NeedsPlates = false);

/// <summary>A statement that comes with the console.</summary>
public sealed record SqlExample(string Name, string Sql);

/// <summary>The body of <c>POST /api/sql/run</c> and <c>POST /api/sql/export</c>, and the answer of <c>GET /api/sql/reports/{name}</c>.</summary>
public sealed record SqlStatement(string? Sql);

/// <summary>The answer to a statement.</summary>
/// <param name="Rows">Values as Postgres writes them; null where there is none.</param>
/// <param name="Cut">Why there are not all rows or not all of their text, as a sentence; null if there are.</param>
/// <param name="Where">lake, postgres, or both.</param>
/// <param name="Why">Why it did not run whole in the lake, as a sentence; null if it did, or if that is plain.</param>
/// <param name="SawPlates">Whether it saw plates and keepers.</param>
public sealed record SqlResult(IReadOnlyList<SqlColumn> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows, string? Cut, string Where, string? Why, double Milliseconds, bool SawPlates) : IRows
{
    int IRows.Rows => Rows.Count;
}

/// <summary>A statement that somebody saved, <c>GET /api/sql/queries</c>.</summary>
/// <param name="Owner">Name of the user who saved it.</param>
/// <param name="IsShared">Whether others see it.</param>
public sealed record SqlQueryView(Guid Id, string Name, string Sql, string Owner, bool IsShared, DateTimeOffset ChangedAt);

/// <summary>The body of <c>POST /api/sql/queries</c> and <c>PUT /api/sql/queries/{id}</c>.</summary>
public sealed record SqlQueryChange(string? Name, string? Sql, bool IsShared);
