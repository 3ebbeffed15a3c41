using Npgsql;

namespace SmartCity.Core.Api;

/// <summary>Values of a statement, in the order of <c>$1</c>, <c>$2</c> and so on.</summary>
internal static class CommandParameters
{
    /// <param name="values">A parameter is taken as it is: one that may be null has to name its type.</param>
    public static NpgsqlCommand With(this NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
