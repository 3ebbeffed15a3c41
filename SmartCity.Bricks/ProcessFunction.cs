using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Bricks;

/// <summary>
/// A function that is a program: it is started for each event, with the event on its standard input in CloudEvents' JSON format. Exit status 0 is done, 65 (bad data,
/// as in sysexits.h) a rejection; all else may succeed later. The end of what it says on its error output is the reason. What it started and left behind is ended too.
/// </summary>
/// <param name="program">No shell stands between: its arguments are given as they are.</param>
public sealed class ProcessFunction<T>(string program, IReadOnlyList<string> arguments, JsonSerializerOptions? json = null)
{
    private const int BadData = 65;

    // What a program left behind may hold its pipes open for so long.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    public async ValueTask<Result> CallAsync(CloudEvent<T> e, CancellationToken cancellationToken)
    {
        var call = new ProcessMark();
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true } };
        call.Put(process.StartInfo);
        try
        {
            process.Start();
        }
        catch (Win32Exception fault)
        {
            return Result.Failed($"{program} does not start: {fault.Message}");
        }

        var isAlone = false;
        var said = new LastWords();
        try
        {
            var pipes = Task.WhenAll(
                said.ReadAsync(process.StandardError.BaseStream, cancellationToken),
                process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancellationToken),
                WriteAsync(process.StandardInput.BaseStream, EventFormat<T>.Write(e, json ?? JsonSerializerOptions.Web), cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            isAlone = await Task.WhenAny(pipes, Task.Delay(Farewell, cancellationToken)) == pipes;
            if (isAlone)
            {
                await pipes;
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            if (!isAlone)
            {
                call.KillAll();
            }
        }

        var reason = string.Create(CultureInfo.InvariantCulture, $"{program} ended with status {process.ExitCode}{said}");
        return process.ExitCode switch { 0 => Result.Done, BadData => Result.Rejected(reason), _ => Result.Failed(reason) };
    }

    private static async Task WriteAsync(Stream input, byte[] e, CancellationToken cancellationToken)
    {
        try
        {
            await using (input)
            {
                await input.WriteAsync(e, cancellationToken);
            }
        }
        catch (IOException)
        {
            // It does not read its input, which its exit status is to speak of.
        }
    }

    /// <summary>The end of what a program says, however much that is.</summary>
    private sealed class LastWords
    {
        private const int Most = 500;

        private readonly Lock _gate = new();
        private readonly byte[] _kept = new byte[Most];
        private long _total;

        public async Task ReadAsync(Stream output, CancellationToken cancellationToken)
        {
            var bytes = new byte[4_096];
            while (await output.ReadAsync(bytes, cancellationToken) is > 0 and var read)
            {
                lock (_gate)
                {
                    for (var i = Math.Max(0, read - Most); i < read; i++)
                    {
                        _kept[(_total + i) % Most] = bytes[i];
                    }

                    _total += read;
                }
            }
        }

        public override string ToString()
        {
            lock (_gate)
            {
                var begin = (int)(_total % Most);
                byte[] last = _total <= Most ? _kept[..(int)_total] : [.. _kept[begin..], .. _kept[..begin]];

                // What a program says may be anything; whoever keeps it wants text, which has no NUL.
                var words = Encoding.UTF8.GetString(last).Replace('\0', '\uFFFD').Trim();
                return words.Length == 0 ? "."
                    : _total <= Most ? ": " + words
                    : string.Create(CultureInfo.InvariantCulture, $" and said {_total} bytes, of which these are the last {Most}: {words}");
            }
        }
    }
}
