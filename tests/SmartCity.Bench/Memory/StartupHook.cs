using SmartCity.Bench.Memory;

/// <summary>
/// What the runtime calls first in a process started with <c>DOTNET_STARTUP_HOOKS</c>: writes the managed heap's figures into a file for as long as
/// the process lives. The name and the missing namespace are the runtime's.
/// </summary>
#pragma warning disable CA1050
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(HeapFile.Variable) is { } file)
        {
            _ = HeapFile.WriteAsync(file);
        }
    }
}
