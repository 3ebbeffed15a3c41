using System.Text;
using Npgsql;

namespace SmartCity.Core.Api;

/// <summary>A where clause of the conditions that a request gave; values are always parameters.</summary>
internal sealed class SqlFilter
{
    private readonly StringBuilder _sql = new("true");
    private readonly List<NpgsqlParameter> _parameters = [];

    /// <summary>Adds a condition when the value is given; <c>@</c> in it stands for the value.</summary>
    public SqlFilter And<T>(string condition, T? value)
    {
        if (value is not null)
        {
            _sql.Append(" and ").Append(condition.Replace("@", Add(value), StringComparison.Ordinal));
        }

        return this;
    }

    /// <summary>Adds a condition whose values are parameters already.</summary>
    public SqlFilter And(string? condition)
    {
        if (condition is not null)
        {
            _sql.Append(" and ").Append(condition);
        }

        return this;
    }

    /// <summary>The name that a value has in the command.</summary>
    public string Parameter(object value) => Add(value);

    /// <summary>Rows after the cursor in a list ordered by time and id, newest first.</summary>
    public SqlFilter After(string at, string id, Cursor? cursor)
    {
        if (cursor is { } c)
        {
            // The first condition says nothing new to a reader but lets the planner leave out whole days.
            var (time, row) = (Add(c.At), Add(c.Id));
            _sql.Append(System.Globalization.CultureInfo.InvariantCulture, $" and {at} <= {time} and ({at}, {id}) < ({time}, {row})");
        }

        return this;
    }

    /// <summary>The command of a query that has <c>{where}</c> and <c>{limit}</c> in it.</summary>
    public NpgsqlCommand Command(NpgsqlDataSource dataSource, string sql, int limit)
    {
        var limitName = Add(limit);
        var command = dataSource.CreateCommand(sql.Replace("{where}", _sql.ToString(), StringComparison.Ordinal).Replace("{limit}", limitName, StringComparison.Ordinal));
        command.Parameters.AddRange(_parameters.ToArray());
        return command;
    }

    private string Add(object value)
    {
        _parameters.Add(new NpgsqlParameter { Value = value is DateTimeOffset at ? at.ToUniversalTime() : value });
        return $"${_parameters.Count}";
    }
}
