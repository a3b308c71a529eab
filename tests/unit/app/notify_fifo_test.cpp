#include "holdfast/app/notify_fifo.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

class NotifyFifoTest : public testing::Test {
  protected:
    notify::FifoSettings settings() const {
        notify::FifoSettings result;
        result.path = directory / "fifo";
        return result;
    }
    std::string read_all() const {
        const int reader = ::open((directory / "fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        std::string buffer(1 << 17, '\0');
        const ssize_t length = ::read(reader, buffer.data(), buffer.size());
        close(reader);
        buffer.resize(length > 0 ? static_cast<size_t>(length) : 0);
        return buffer;
    }
    TempDir directory;
};

TEST_F(NotifyFifoTest, CreatesWritesAndRemovesItsFifo) {
    {
        auto fifo = NotifyFifo::open(settings());
        ASSERT_TRUE(fifo) << fifo.error().message;
        EXPECT_TRUE(fifo->created());
        EXPECT_TRUE(fifo->write("INSTANCE \"VI_1\" MASTER 100\n"));
        EXPECT_TRUE(fifo->write("INSTANCE \"VI_1\" STOP 100\n"));
        EXPECT_EQ(read_all(), "INSTANCE \"VI_1\" MASTER 100\nINSTANCE \"VI_1\" STOP 100\n");
    }
    EXPECT_TRUE(directory.empty());
}

TEST_F(NotifyFifoTest, ExistingFifoIsUsedAndLeft) {
    ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
    {
        auto fifo = NotifyFifo::open(settings());
        ASSERT_TRUE(fifo);
        EXPECT_FALSE(fifo->created());
    }
    EXPECT_FALSE(directory.empty());
}

TEST_F(NotifyFifoTest, FullPipeLosesWholeLinesAndCountsThem) {
    auto fifo = NotifyFifo::open(settings());
    ASSERT_TRUE(fifo);
    const std::string line = std::string(99, 'x') + "\n";
    size_t written = 0;
    while (fifo->write(line)) ++written;
    EXPECT_EQ(fifo->lost(), 1U);
    EXPECT_FALSE(fifo->write(line));
    EXPECT_EQ(fifo->lost(), 2U);
    EXPECT_EQ(read_all().size(), written * line.size());
    EXPECT_TRUE(fifo->write(line));
}

TEST_F(NotifyFifoTest, PlainFilesAndLinksAreNotUsedAndNotRemoved) {
    std::ofstream(directory / "fifo") << "data";
    EXPECT_FALSE(NotifyFifo::open(settings()));
    EXPECT_EQ(content_of(directory / "fifo"), "data");
    std::filesystem::remove(directory / "fifo");
    ASSERT_EQ(mkfifo((directory / "real").c_str(), 0600), 0);
    std::filesystem::create_symlink(directory / "real", directory / "fifo");
    EXPECT_FALSE(NotifyFifo::open(settings()));
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "fifo"));
}

TEST_F(NotifyFifoTest, SomebodyElsesFifoIsNotUsedUnlessHeIsTheConfiguredOwner) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
    ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
    ASSERT_EQ(chown((directory / "fifo").c_str(), 65534, 65534), 0);
    EXPECT_FALSE(NotifyFifo::open(settings()));
    auto with = settings();
    with.owner.uid = 65534;
    EXPECT_TRUE(NotifyFifo::open(with));
}

TEST_F(NotifyFifoTest, NewFifoBelongsToTheConfiguredOwner) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
    auto with = settings();
    with.owner.uid = 65534;
    with.owner.gid = 65534;
    auto fifo = NotifyFifo::open(with);
    ASSERT_TRUE(fifo);
    struct stat status{};
    ASSERT_EQ(stat(with.path.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 65534U);
}

TEST_F(NotifyFifoTest, MovingKeepsOneOwner) {
    auto fifo = NotifyFifo::open(settings());
    NotifyFifo other = std::move(*fifo);
    fifo = fail("gone");
    EXPECT_TRUE(std::filesystem::exists(directory / "fifo"));
    EXPECT_TRUE(other.write("x\n"));
}

}  // namespace
}  // namespace holdfast::app
