using System.ComponentModel;
using System.Diagnostics;

namespace SmartCity.Edge;

/// <summary>A program of this machine that is asked something and given so long to answer.</summary>
internal static class OtherProgram
{
    /// <summary>What it wrote to its standard output, and its exit code. Null when it is not there, or has not ended in time; then it is killed.</summary>
    public static async Task<(string Said, int ExitCode)?> AskAsync(string name, IReadOnlyList<string> arguments, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(longest);
        try
        {
            using var program = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                program.ErrorDataReceived += static (_, _) => { };
                program.BeginErrorReadLine();
                var said = await program.StandardOutput.ReadToEndAsync(limit.Token);
                await program.WaitForExitAsync(limit.Token);
                return (said, program.ExitCode);
            }
            finally
            {
                program.Kill(); // does nothing when it has ended
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
