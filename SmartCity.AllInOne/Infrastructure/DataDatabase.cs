using Microsoft.Extensions.Configuration;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The database of a data folder, for a command that looks into it: the one that runs, or one that is started for the command and stopped after it.</summary>
internal static class DataDatabase
{
    /// <param name="data">The data folder that run uses; a connection string in the configuration goes before it.</param>
    /// <param name="use">Gets the connection string.</param>
    /// <exception cref="InvalidOperationException">There is no such database, or it cannot be started here.</exception>
    public static async Task<int> UseAsync(string data, Func<string, Task<int>> use, CancellationToken cancellationToken)
    {
        if (AllInOneHost.UserConfiguration().GetConnectionString("postgres") is { } external)
        {
            return await use(external);
        }

        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("On Windows, SmartCity does not start Postgres. Set ConnectionStrings__postgres to a server that runs.");
        }

        var folder = Path.Combine(data, "postgres");
        if (!Directory.Exists(folder))
        {
            throw new InvalidOperationException($"There is no data in {Path.GetFullPath(data)}. Give --data the data folder that run uses.");
        }

        var postgres = await EmbeddedPostgres.StartAsync(folder, cancellationToken);
        try
        {
            return await use(postgres.ConnectionString);
        }
        finally
        {
            if (!postgres.WasRunning)
            {
                await postgres.DisposeAsync();
            }
        }
    }
}
