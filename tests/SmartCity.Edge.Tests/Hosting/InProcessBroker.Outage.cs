using System.Runtime.InteropServices;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The broker can be taken off the network and brought back, with what it holds.</summary>
internal sealed partial class InProcessBroker
{
    private const int OnlyBroker = 1;

    public void GoDown() => Check(SetDown(_cluster, OnlyBroker));

    public void ComeUp() => Check(SetUp(_cluster, OnlyBroker));

    private static void Check(int code) => Assert.Equal(0, code);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_broker_set_down")]
    private static partial int SetDown(nint cluster, int broker);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_broker_set_up")]
    private static partial int SetUp(nint cluster, int broker);
}
