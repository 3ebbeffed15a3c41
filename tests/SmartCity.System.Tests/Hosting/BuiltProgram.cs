using SmartCity.Core.Tests.Hosting;

namespace SmartCity.System.Tests.Hosting;

/// <summary>The all-in-one that was built with these tests.</summary>
internal static class BuiltProgram
{
    /// <summary>Of the same configuration as these tests.</summary>
    public static string AllInOne { get; } = Path.Combine(
        Repository.Root, "SmartCity.AllInOne", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "smartcity.dll");
}
