using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Runs programs of the system and says what they said when they fail.</summary>
internal static class Processes
{
    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It did not start or ended with another status than 0; the message holds its last lines.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            var said = (await error.ConfigureAwait(false)) + (await output.ConfigureAwait(false));
            throw new InvalidOperationException($"{Path.GetFileName(program)} ended with status {process.ExitCode}: {said.Trim()}");
        }

        return await output.ConfigureAwait(false);
    }

    /// <summary>A loopback port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The full path of a program on PATH, null when there is none.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
